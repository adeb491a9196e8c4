import path from 'node:path';
import { Command } from 'commander';
import { formatAccess, readAccess } from '../applications/access.ts';
import { loadCatalogue } from '../applications/catalogue.ts';
import { type InstalledApplication, listInstalled } from '../applications/installed.ts';
import type { ApplicationPackage, Parameter } from '../applications/package.ts';
import { parseAssignments } from '../applications/parameters.ts';
import { selectApplications } from '../applications/selection.ts';
import { formatSize } from '../applications/size.ts';
import type { ApplicationEntry } from '../cluster/document.ts';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { applicationHost } from '../phases/applications.ts';
import { openHostPool } from '../runs/open-context.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type RunOptions = {
  readonly cluster?: string;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

function withRunOptions(command: Command): Command {
  return command
    .option('--cluster <cluster>', 'name of the cluster, or its document; the only one known unless given')
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone");
}

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** `landfall app`: the applications of a running cluster. */
export function appCommand(): Command {
  const app = new Command('app').description('install, list and uninstall applications on a running cluster');
  withRunOptions(app.command('install'))
    .description('install an application, or change one that is installed')
    .argument('<package>', 'what to install; see `landfall app catalogue`')
    .option('--set <key=value>', 'a parameter of the package; may be given again', collect, [])
    .option('--name <name>', "name of this installation; the package's name unless given")
    .option('--bundle <folder>', "the bundle that holds its images; the cluster's own unless given")
    .action(install);
  withRunOptions(app.command('uninstall'))
    .description('uninstall an application; its data stays unless --delete-data')
    .argument('<name>', 'name of the installation; see `landfall app list`')
    .option('--delete-data', 'delete its data and its password too')
    .action(uninstall);
  app
    .command('list')
    .description('show what is installed, as the cluster itself says')
    .option('--cluster <cluster>', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'text or json', 'text')
    .action(list);
  app
    .command('access')
    .description('show addresses, users and passwords of the installed applications')
    .argument('[name]', 'name of one installation')
    .option('--cluster <cluster>', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'text or json', 'text')
    .action(access);
  app
    .command('catalogue')
    .description('show what can be installed, or the parameters of a package')
    .argument('[package]')
    .option('--output <format>', 'text or json', 'text')
    .action(catalogue);
  return app;
}

type InstallOptions = RunOptions & {
  readonly set: readonly string[];
  readonly name?: string;
  readonly bundle?: string;
};

async function install(packageName: string, options: InstallOptions): Promise<void> {
  const output = parseOutput(options.output);
  const known = loadCatalogue();
  const found = known.find(packageName);
  const name = options.name ?? found.name;
  const entry: ApplicationEntry = { package: found.name, name, parameters: parseAssignments(found, options.set) };
  const dependencies = selectApplications(known, [entry]).filter((application) => application.name !== name);
  const { document, bundle: own } = chooseCluster(options.cluster);
  const bundle = options.bundle === undefined ? own : path.resolve(options.bundle);
  const needs = dependencies.map((application) => application.package.title.en);
  await runWorkflow(
    {
      workflow: 'install-applications',
      document,
      ...(bundle === undefined ? {} : { bundle }),
      applications: [entry],
      questions: 'skip-host',
      takeOver: options.takeOver === true,
    },
    {
      output,
      verbose: options.verbose === true,
      yes: options.yes === true,
      question: `${found.title.en} will be installed on ${document.name} as ${name}${needs.length === 0 ? '' : `, with what it needs: ${needs.join(', ')}`}. Go on?`,
    },
    () => {
      const reached = readAccess(clusterHome(document.name)).filter((one) => one.application === name);
      if (output === 'plain' && reached.length > 0) print(`\n${formatAccess(reached)}`);
    },
  );
}

async function uninstall(name: string, options: RunOptions & { readonly deleteData?: true }): Promise<void> {
  const output = parseOutput(options.output);
  const { document, bundle } = chooseCluster(options.cluster);
  const deleteData = options.deleteData === true;
  const data = deleteData ? 'and its data IS DELETED' : 'and its data stays, for a later install of the same name';
  await runWorkflow(
    {
      workflow: 'uninstall-application',
      document,
      ...(bundle === undefined ? {} : { bundle }),
      application: name,
      deleteData,
      questions: 'skip-host',
      takeOver: options.takeOver === true,
    },
    {
      output,
      verbose: options.verbose === true,
      yes: options.yes === true,
      question: `${name} will be removed from ${document.name}, ${data}. Go on?`,
    },
    () => {
      if (output !== 'plain') return;
      print(
        deleteData
          ? `${name} and its data are gone.`
          : `${name} is uninstalled. What data it has stays; \`landfall app list\` shows it, and --delete-data deletes it.`,
      );
    },
  );
}

function parseTextOrJson(value: string): 'text' | 'json' {
  if (value === 'text' || value === 'json') return value;
  throw new LandfallError({
    code: 'USAGE',
    message: `There is no output format named ${value}.`,
    fix: 'Use --output text or --output json.',
    exitStatus: 2,
  });
}

type ListOptions = { readonly cluster?: string; readonly output: string };

const stateWords: Readonly<Record<InstalledApplication['state'], string>> = {
  ready: 'ready',
  'not-ready': 'NOT READY',
  failed: 'FAILED',
  'data-kept': 'uninstalled, data kept',
};

async function list(options: ListOptions): Promise<void> {
  const output = parseTextOrJson(options.output);
  const { document } = chooseCluster(options.cluster);
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    const installed = await listInstalled(applicationHost(document, pool.host), loadCatalogue());
    if (output === 'json') return print(JSON.stringify(installed));
    if (installed.length === 0) return print('No application is installed. See `landfall app catalogue`.');
    const rows = installed.map((one) => [
      one.name,
      one.role === 'component' ? `${one.package} (needed by others)` : one.package,
      `${stateWords[one.state]}${one.reason === undefined ? '' : `: ${one.reason}`}`,
      one.volumes.join(', '),
    ]);
    for (const line of columns([['NAME', 'PACKAGE', 'STATE', 'DATA'], ...rows])) print(line);
  } finally {
    await pool.close();
  }
}

function access(name: string | undefined, options: ListOptions): void {
  const output = parseTextOrJson(options.output);
  const { document } = chooseCluster(options.cluster);
  const all = readAccess(clusterHome(document.name));
  const found = name === undefined ? all : all.filter((entry) => entry.application === name);
  if (name !== undefined && found.length === 0) {
    throw new LandfallError({
      code: 'APPLICATION_UNKNOWN',
      message: `No access to "${name}" is known on this machine.`,
      fix:
        all.length === 0
          ? 'Install it with `landfall app install`, which also finds out how to reach one that runs already.'
          : `Known are: ${[...new Set(all.map((entry) => entry.application))].join(', ')}.`,
      exitStatus: 2,
    });
  }
  if (output === 'json') print(JSON.stringify(found));
  else print(found.length === 0 ? 'No application is installed.' : formatAccess(found));
}

function bounds(parameter: Parameter): string {
  if (parameter.type !== 'number' && parameter.type !== 'size') return '';
  const words = [
    parameter.min === undefined ? '' : `at least ${parameter.min}`,
    parameter.max === undefined ? '' : `at most ${parameter.max}`,
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function describeParameter(parameter: Parameter): readonly string[] {
  const given = 'default' in parameter && parameter.default !== undefined ? `= ${parameter.default}` : '';
  const made = parameter.type === 'password' ? 'made by the program' : given;
  return [`  ${parameter.name}`, parameter.type, made, `${parameter.title.en}${bounds(parameter)}`];
}

function describePackage(found: ApplicationPackage): readonly string[] {
  const needs = Object.entries(found.needs).map(([mode, need]) => {
    const where = mode === 'oneNode' ? 'one node: ' : 'more nodes:';
    const disk = need.disk === 0 ? '' : `, ${formatSize(need.disk)} disk`;
    return `  ${where} ${need.replicas} × ${need.cpu / 1000} processors, ${formatSize(need.memory)} memory${disk}`;
  });
  const also = found.aliases.length === 0 ? '' : `, also found as ${found.aliases.join(', ')}`;
  return [
    `${found.title.en} ${found.applicationVersion} (${found.name}${also})`,
    found.description.en,
    'Needs',
    ...needs,
    ...(found.parameters.length === 0
      ? []
      : ['Parameters, for --set', ...columns(found.parameters.map(describeParameter))]),
  ];
}

function catalogue(name: string | undefined, options: { readonly output: string }): void {
  const output = parseTextOrJson(options.output);
  const known = loadCatalogue();
  const shown = name === undefined ? known.packages.filter((one) => one.role === 'application') : [known.find(name)];
  if (output === 'json') {
    print(JSON.stringify(shown.map(({ directory: _, ...manifest }) => manifest)));
  } else if (name === undefined) {
    for (const line of columns(shown.map((one) => [one.name, one.applicationVersion, one.description.en]))) print(line);
  } else {
    for (const one of shown) for (const line of describePackage(one)) print(line);
  }
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
