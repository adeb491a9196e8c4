import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  type ApplicationAccess,
  fillTemplate,
  forgetAccess,
  formatAccess,
  readAccess,
  recordAccess,
} from '../../source/applications/access.ts';

const shop: ApplicationAccess = {
  application: 'shop',
  package: 'mariadb',
  title: { en: 'MariaDB', zh: 'MariaDB 数据库' },
  protocol: 'mysql',
  address: '10.77.0.14',
  addresses: ['10.77.0.14', '10.77.0.11'],
  port: 31234,
  url: 'mysql://admin@10.77.0.14:31234/app',
  user: 'admin',
  password: 'Kx7pQ2',
  command: 'mariadb --host=10.77.0.14 --port=31234 --user=admin --password app',
  inside: 'shop.applications.svc.cluster.local:3306',
  tried: true,
};
const website: ApplicationAccess = {
  application: 'website',
  package: 'website',
  title: { en: 'Web page', zh: '静态网页' },
  protocol: 'http',
  address: '10.77.0.14',
  addresses: ['10.77.0.14'],
  port: 30080,
  url: 'http://10.77.0.14:30080/',
  inside: 'website.applications.svc.cluster.local:80',
  tried: true,
};

test('access is kept private, replaced by name, and forgotten', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-access-'));
  expect(readAccess(folder)).toEqual([]);
  recordAccess(folder, 'website', [website]);
  recordAccess(folder, 'shop', [shop]);
  expect(readAccess(folder)).toEqual([shop, website]);
  expect(statSync(path.join(folder, 'applications.json')).mode & 0o777).toBe(0o600);
  recordAccess(folder, 'shop', [{ ...shop, port: 31999 }]);
  expect(readAccess(folder).map((entry) => entry.port)).toEqual([31999, 30080]);
  forgetAccess(folder, 'shop');
  expect(readAccess(folder)).toEqual([website]);
  forgetAccess(folder, 'website');
  expect(existsSync(path.join(folder, 'applications.json'))).toBe(false);
});

test('a damaged file counts as nothing known, so that the next install writes it anew', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-access-'));
  writeFileSync(path.join(folder, 'applications.json'), '[{"application":"shop"');
  expect(readAccess(folder)).toEqual([]);
  recordAccess(folder, 'shop', [shop]);
  expect(readAccess(folder)).toEqual([shop]);
});

test('access reads well in English', () => {
  expect(formatAccess([shop, website])).toBe(`MariaDB (shop)
  Address         10.77.0.14:31234
  User            admin
  Password        Kx7pQ2
  Try it          mariadb --host=10.77.0.14 --port=31234 --user=admin --password app
  In the cluster  shop.applications.svc.cluster.local:3306

Web page
  Open            http://10.77.0.14:30080/
  In the cluster  website.applications.svc.cluster.local:80`);
});

test('access stands in columns in Chinese, where a sign takes two', () => {
  expect(formatAccess([shop], 'zh').split('\n').slice(0, 4)).toEqual([
    'MariaDB 数据库 (shop)',
    '  地址        10.77.0.14:31234',
    '  用户        admin',
    '  密码        Kx7pQ2',
  ]);
});

test('templates are filled from values and leave what is unknown visible', () => {
  expect(
    fillTemplate('{user}@{address}:{port}/{parameters.database}{nothing}', {
      user: 'a',
      address: 'b',
      port: '1',
      'parameters.database': 'd',
    }),
  ).toBe('a@b:1/d{nothing}');
});
