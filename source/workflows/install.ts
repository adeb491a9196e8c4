import type { Phase, Plan, Step } from '../engine/step.ts';
import { connect } from '../phases/connect.ts';
import { containerRuntime } from '../phases/containerd.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from '../phases/context.ts';
import { etcdVoters } from '../phases/etcd-members.ts';
import { etcdSnapshots } from '../phases/etcd-snapshots.ts';
import { hostPreparation } from '../phases/host-preparation.ts';
import { kubeProxy } from '../phases/kube-proxy.ts';
import { administratorFile, bootstrapToken, certificates, initialise, join } from '../phases/kubernetes.ts';
import { loadBalancer } from '../phases/load-balancer.ts';
import { clusterDns, overlayNetwork } from '../phases/network.ts';
import { nodeBinaries, nodeImages, nodeNetworkImages, nodeTools } from '../phases/node-binaries.ts';
import { operatorAccess } from '../phases/operator-access.ts';
import { preflight } from '../phases/preflight.ts';
import { registry } from '../phases/registry.ts';
import { renewalTimer, renewsItself } from '../phases/renewal-timer.ts';
import { servingApprover, servingCertificates } from '../phases/serving-certificates.ts';
import { clusterReady } from '../phases/verification.ts';

/** From bare hosts to a running cluster, in the order a person reads it; the steps' own dependencies decide what overlaps. */
export function installPlan(context: InstallContext, applications: readonly Step[]): Plan {
  const { hosts, name } = context.document;
  const planes = controlPlanes(context.document);
  const first = firstControlPlane(context.document);
  const others = hosts.filter((host) => host.name !== first.name);
  const phases: readonly Phase[] = [
    { id: 'connect', title: 'Reach the hosts', steps: hosts.map((host) => connect(context, host)) },
    { id: 'preflight', title: 'Check before anything is changed', steps: preflight(context) },
    { id: 'prepare', title: 'Prepare the hosts', steps: hosts.map((host) => hostPreparation(context, host)) },
    {
      id: 'containerd',
      title: 'Install the container runtime',
      steps: hosts.flatMap((host) => containerRuntime(context, host)),
    },
    { id: 'registry', title: 'Start the registries', steps: planes.flatMap((host) => registry(context, host)) },
    {
      id: 'node',
      title: 'Bring programs and images to the nodes',
      steps: hosts.flatMap((host) => [
        nodeBinaries(context, host),
        nodeImages(context, host),
        nodeNetworkImages(context, host),
        ...(host.role === 'control-plane' ? [nodeTools(context, host)] : []),
      ]),
    },
    {
      id: 'load-balancer',
      title: 'Start the local load balancers',
      steps: hosts.map((host) => loadBalancer(context, host)),
    },
    { id: 'certificates', title: 'Place the certificates', steps: planes.map((host) => certificates(context, host)) },
    {
      id: 'kubernetes',
      title: 'Start Kubernetes',
      steps: [
        initialise(context),
        bootstrapToken(context),
        ...others.map((host) => join(context, host)),
        ...planes.map((host) => administratorFile(context, host)),
        ...planes.map((host) => servingApprover(context, host)),
        ...(renewsItself(context.document) ? planes.map((host) => renewalTimer(context, host)) : []),
        servingCertificates(context),
        operatorAccess(context),
      ],
    },
    {
      id: 'network',
      title: 'Set up the network',
      steps: [overlayNetwork(context), kubeProxy(context), clusterDns(context)],
    },
    { id: 'verification', title: 'Prove the cluster', steps: [clusterReady(context)] },
    {
      id: 'etcd',
      title: 'Keep copies of the state',
      steps: [etcdVoters(context), ...planes.map((host) => etcdSnapshots(context, host))],
    },
    { id: 'applications', title: 'Install the applications', steps: applications },
  ];
  return { workflow: 'install', cluster: name, phases: phases.filter((phase) => phase.steps.length > 0) };
}
