import path from 'node:path';
import { Command } from 'commander';
import { formatAccess, readAccess } from '../applications/access.ts';
import { loadCatalogue } from '../applications/catalogue.ts';
import { type InstalledApplication, listInstalled } from '../applications/installed.ts';
import type { ApplicationPackage } from '../applications/package.ts';
import { parseAssignments } from '../applications/parameters.ts';
import { installedParameters } from '../applications/release.ts';
import { selectApplications } from '../applications/selection.ts';
import type { ApplicationEntry, ClusterDocument } from '../cluster/document.ts';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { nearest } from '../cluster/positioned-yaml.ts';
import { LandfallError } from '../errors.ts';
import { applicationHost } from '../phases/applications.ts';
import { openHostPool } from '../runs/open-context.ts';
import { columns, describePackage, installedLines } from './app-text.ts';
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
  const asked: ApplicationEntry = { package: found.name, name, parameters: parseAssignments(found, options.set) };
  const dependencies = selectApplications(known, [asked]).filter((application) => application.name !== name);
  const { document, bundle: own } = chooseCluster(options.cluster);
  const entry = { ...asked, parameters: { ...(await presentParameters(document, found, name)), ...asked.parameters } };
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

/** What an installed application was given before stays, unless it is given anew. */
async function presentParameters(
  document: ClusterDocument,
  found: ApplicationPackage,
  name: string,
): Promise<ApplicationEntry['parameters']> {
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    const host = applicationHost(document, pool.host);
    const present = await installedParameters(host, { name, namespace: found.namespace });
    return Object.fromEntries(
      Object.entries(present).filter(([key]) => found.parameters.some((parameter) => parameter.name === key)),
    );
  } finally {
    await pool.close();
  }
}

async function uninstall(name: string, options: RunOptions & { readonly deleteData?: true }): Promise<void> {
  const output = parseOutput(options.output);
  const { document, bundle } = chooseCluster(options.cluster);
  const installed = await installedOn(document);
  if (!installed.some((one) => one.name === name)) {
    const names = installed.filter((one) => one.role === 'application').map((one) => one.name);
    const meant = nearest(name, names);
    throw new LandfallError({
      code: 'APPLICATION_UNKNOWN',
      message: `${document.name} has no application named "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      fix: names.length === 0 ? 'Nothing is installed.' : `Installed are: ${names.join(', ')}.`,
      exitStatus: 2,
    });
  }
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

async function installedOn(document: ClusterDocument): Promise<readonly InstalledApplication[]> {
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    return await listInstalled(applicationHost(document, pool.host), loadCatalogue());
  } finally {
    await pool.close();
  }
}

async function list(options: ListOptions): Promise<void> {
  const output = parseTextOrJson(options.output);
  const installed = await installedOn(chooseCluster(options.cluster).document);
  if (output === 'json') print(JSON.stringify(installed));
  else if (installed.length === 0) print('No application is installed. See `landfall app catalogue`.');
  else for (const line of installedLines(installed)) print(line);
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
