import { expect, test } from 'vitest';
import { loadCatalogue } from '../../source/applications/catalogue.ts';
import { parameterProblem, parseAssignments, resolveParameters } from '../../source/applications/parameters.ts';
import { formatSize, parseSize } from '../../source/applications/size.ts';

const catalogue = loadCatalogue();
const mariadb = catalogue.find('mariadb');

test('defaults are filled in, and what has none is left out', () => {
  expect(resolveParameters(mariadb, { storage: '20Gi' })).toEqual({
    database: 'app',
    user: 'admin',
    storage: '20Gi',
    memory: '512Mi',
  });
});

test.each([
  [{ databse: 'x' }, 'there is no parameter "databse"; did you mean "database"?'],
  [{ storage: '10Mi' }, 'parameter storage 10Mi is less than 1Gi'],
  [{ storage: '5 GB' }, 'parameter storage "5 GB" is not a size'],
  [{ nodePort: 80 }, 'parameter nodePort 80 is less than 30000'],
  [{ nodePort: '30080' }, 'parameter nodePort "30080" is not a whole number'],
  [{ database: "x'; DROP" }, 'parameter database "x\'; DROP" does not fit'],
  [{ password: 'secret' }, 'parameter password is made by the program'],
])('%o is refused: %s', (given, message) => {
  try {
    resolveParameters(mariadb, given);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'APPLICATION_PARAMETER', exitStatus: 2 });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('secret');
  }
});

test('words of a command line get the type of their parameter', () => {
  expect(parseAssignments(mariadb, ['nodePort=30080', 'database=shop', 'storage=5Gi'])).toEqual({
    nodePort: 30080,
    database: 'shop',
    storage: '5Gi',
  });
  expect(parseAssignments(catalogue.find('website'), ['title=a=b', 'text='])).toEqual({ title: 'a=b', text: '' });
  expect(() => parseAssignments(mariadb, ['database'])).toThrow('"database" is not of the form key=value');
  expect(() => parseAssignments(mariadb, ['user=a', 'user=b'])).toThrow('parameter user is given twice');
});

test('a boolean is true or false and nothing else', () => {
  const parameter = { name: 'tls', type: 'boolean', default: false, title: { en: 'TLS', zh: '加密' } } as const;
  expect(parameterProblem(parameter, true)).toBeUndefined();
  expect(parameterProblem(parameter, 'yes')).toBe('"yes" is neither true nor false');
});

test('sizes are read as Kubernetes reads them', () => {
  expect(parseSize('512Mi')).toBe(536_870_912);
  expect(parseSize('1.5G')).toBe(1_500_000_000);
  expect(parseSize('0')).toBe(0);
  for (const wrong of ['', '5GB', '-1Gi', 'Gi', '1e3', '99999999Ti']) expect(parseSize(wrong), wrong).toBeUndefined();
  expect(formatSize(1.5 * 2 ** 30)).toBe('1.5 GiB');
});
