import { describe, expect, test } from 'vitest';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import { clusterProblems } from '../../source/phases/verification.ts';

const document = parseClusterDocument(
  'cluster.yaml',
  `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec:
  hosts:
    - { name: node-1, address: 10.0.0.1, role: control-plane }
    - { name: node-2, address: 10.0.0.2, role: worker }
`,
);

const whole = `Node /node-1  True
Node /node-2  True
Pod kube-system/coredns-1 Running True
Pod kube-flannel/kube-flannel-ds-1 Running True
Pod kube-system/once-1 Succeeded False
`;

describe('what keeps a cluster from being ready', () => {
  test('is nothing when every node and pod is ready; a pod that did its work once is no trouble', () => {
    expect(clusterProblems(document, whole)).toEqual([]);
  });

  test.each([
    [
      'a node that is not ready',
      whole.replace('Node /node-2  True', 'Node /node-2  False'),
      'node node-2 is not ready',
    ],
    ['a node that is not there', whole.replace('Node /node-2  True\n', ''), 'node node-2 is not ready'],
    [
      'a pod that runs and is not ready',
      whole.replace('ds-1 Running True', 'ds-1 Running False'),
      'pod kube-flannel/kube-flannel-ds-1 is not ready',
    ],
    [
      'a pod that nobody has looked at yet',
      whole.replace('coredns-1 Running True', 'coredns-1 Pending '),
      'pod kube-system/coredns-1 is not ready',
    ],
    ['a cluster without DNS', whole.replace('Pod kube-system/coredns-1 Running True\n', ''), 'CoreDNS has no pods yet'],
  ])('%s', (_title, text, problem) => {
    expect(clusterProblems(document, text)).toEqual([problem]);
  });
});
