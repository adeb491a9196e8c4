import { expect, test } from 'vitest';
import { withoutForward } from '../../source/phases/network.ts';

const corefile = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
}
`;

test('only the forward plugin is taken out of the Corefile', () => {
  const result = withoutForward(corefile);
  expect(result).not.toContain('forward');
  expect(result).not.toContain('max_concurrent');
  expect(result.split('\n')).toEqual(corefile.split('\n').filter((_, index) => index < 7 || index > 9));
});

test('a Corefile without it stays as it is', () => {
  expect(withoutForward(withoutForward(corefile))).toBe(withoutForward(corefile));
});
