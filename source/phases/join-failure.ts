import { LandfallError, toLandfallError } from '../errors.ts';

// What is said by an API server that has just started and does not know its tokens yet, and by an etcd without a leader, as
// after a power cut of another control plane.
const passing = /Unauthorized|etcdserver: |the server is currently unable to handle the request/;

/** A failure of kubeadm, transient where the cluster is only in trouble at this moment; a join can always begin anew. */
export function joinFailure(thrown: unknown): LandfallError {
  const error = toLandfallError(thrown);
  if (error.code !== 'COMMAND_FAILED' || !passing.test(error.context.output ?? '')) return error;
  return new LandfallError({
    code: error.code,
    message: error.message,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    cause: error.cause,
    context: error.context,
    transient: true,
  });
}
