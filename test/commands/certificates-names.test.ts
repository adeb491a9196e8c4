import { expect, test } from 'vitest';
import { checkedName, withNames } from '../../source/commands/certificates-names.ts';

test.each(['api.example.org', 'api', '*.example.org', '10.0.0.10', 'fd00::1', 'xn--bcher-kva.example'])(
  '%s is a name the API may answer to',
  (name) => expect(checkedName(name)).toBe(name),
);

test.each(['', 'api example', 'https://api', 'api.example.org:6443', '10.0.0', '10.0.0.256', '-api', 'a_b', 'API'])(
  '%j is none',
  (name) => expect(() => checkedName(name)).toThrow(expect.objectContaining({ code: 'USAGE', exitStatus: 2 })),
);

test('names are added to a document that keeps its comments and its order', () => {
  const text = `# ours
spec:
  # long
  certificates:
    validity: 10y
    additionalNames: [one.example] # first
  hosts: []
`;
  expect(withNames(text, ['one.example', 'two.example'])).toBe(
    text.replace('[one.example]', '[ one.example, two.example ]'),
  );
  expect(withNames(text, ['one.example'])).toBe(text);
});

test('a document without any gets the list', () => {
  expect(withNames('spec:\n  hosts: []\n', ['a.example', '10.0.0.9'])).toBe(
    'spec:\n  hosts: []\n  certificates:\n    additionalNames: [ a.example, 10.0.0.9 ]\n',
  );
});
