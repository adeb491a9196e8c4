import { afterAll, beforeAll, describe, onTestFailed } from 'vitest';
import { resetProof, smallClusterProofs } from './proof/afterwards.ts';
import { backupProofs, statusProofs } from './proof/backup.ts';
import { bundleJudgements } from './proof/bundle-judges.ts';
import { certificateProofs } from './proof/certificates.ts';
import { etcdProofs } from './proof/etcd.ts';
import { dryRunProof, faultProofs } from './proof/faults.ts';
import { interruptionProofs } from './proof/interruptions.ts';
import { powerProofs } from './proof/power.ts';
import { registryProofs } from './proof/registry.ts';
import { ownImageProofs } from './proof/registry-images.ts';
import { pruneProofs } from './proof/registry-prune.ts';
import { pushProofs } from './proof/registry-pushes.ts';
import { registryRotationProofs } from './proof/registry-rotation.ts';
import { clusterProofs } from './proof/running-cluster.ts';
import { secrecyProofs } from './proof/secrecy.ts';
import { clearStage, type Stage, setStage } from './proof/stage.ts';

// One story on five real hosts, told in order: each part stands on the ones before it.
describe('a cluster on real hosts, from bare machines and back', () => {
  const given = process.env['LANDFALL_SEED'];
  const seed = given === undefined ? Math.floor(Date.now() % 1_000_000) : Number(given);
  let stage: Stage | undefined;
  let failed = false;
  const of = (): Stage => {
    onTestFailed(() => {
      failed = true;
    });
    if (stage === undefined) throw new Error('the hosts are not up');
    return stage;
  };

  beforeAll(async () => {
    console.log(`seed ${seed}; the same again: LANDFALL_SEED=${seed}`);
    stage = await setStage('check', seed, (line) => console.log(line));
  });
  afterAll(async () => {
    const kept = await clearStage(stage, failed);
    if (kept !== undefined) console.log(`Records of the runs are kept in ${kept}; seed ${seed}.`);
  });

  describe('the bundle', () => bundleJudgements(of));
  describe('before anything', () => dryRunProof(of));
  describe('faults', () => faultProofs(of));
  describe('interruptions', () => interruptionProofs(of));
  describe('the running cluster', () => clusterProofs(of));
  describe('secrets', () => secrecyProofs(of));
  describe('etcd', () => etcdProofs(of));
  describe('status', () => statusProofs(of));
  describe('backups', () => backupProofs(of));
  describe('certificates', () => certificateProofs(of));
  describe('registry', () => registryProofs(of));
  describe('own images', () => {
    ownImageProofs(of);
    const pushed = pushProofs(of);
    pruneProofs(of, pushed);
  });
  describe('rotation of the registries', () => registryRotationProofs(of));
  describe('power', () => powerProofs(of));
  describe('reset', () => resetProof(of));
  describe('small clusters', () => smallClusterProofs(of));
});
