import { randomInt } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { LandfallError } from '../errors.ts';

// Without letters that look alike, and without signs that a shell, a URL or YAML reads as its own.
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const lowerCase = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A random word from the system's generator. */
export function randomWord(length: number, letters: string = alphabet): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}

/** How far a new password of the registries has come; the order is that of a run. */
export const registryStages = ['certificate', 'accept', 'introduce', 'replace', 'settle', 'retire'] as const;
export type RegistryStage = (typeof registryStages)[number];

/** The one user of the registries, and the one that stands in while his password changes. */
export const registryUser = 'landfall';
export const registryStandIn = 'landfall-next';

const rotationSchema = z.object({
  password: z.string().min(16),
  since: z.number(),
  stage: z.enum(registryStages),
});

/** New credentials of the registries that hosts are about to get. */
export type RegistryRotation = z.infer<typeof rotationSchema>;

const storedSchema = z.object({
  registryPassword: z.string().min(16),
  registryRotation: rotationSchema.optional(),
  bootstrapToken: z.string().regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/),
  applications: z.record(z.string(), z.record(z.string(), z.string())),
});

type Stored = z.infer<typeof storedSchema>;

/** The change of the registries' password, kept so that it goes on after an interruption. */
export type RotationStore = {
  current(): RegistryRotation | undefined;
  /** Goes on with the one that has begun, or begins one with a new password. */
  begin(): RegistryRotation;
  /** Remembers, before a first host comes to it, that hosts may be at a stage. */
  note(stage: RegistryStage): void;
  /** The new password is the cluster's; the old one is no more. */
  finish(): void;
};

/** Secrets of one cluster, made once and kept in a file only its owner can read. */
export type ClusterSecrets = {
  readonly registryPassword: string;
  readonly bootstrapToken: string;
  /** The kept password of an application's parameter, made when there is none. */
  applicationPassword(application: string, parameter: string): string;
  forgetApplication(application: string): void;
  readonly rotation: RotationStore;
  /** Every secret value, for the redactor. */
  allValues(): readonly string[];
};

/** Writes a file that only its owner can read, whole or not at all. */
export function writePrivateFile(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(path.dirname(file), 0o700);
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

function read(file: string): Stored | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LandfallError({
      code: 'SECRETS_CORRUPT',
      message: `The secrets of this cluster in ${file} cannot be read.`,
      fix: 'Bring the file back from a backup. Without it the cluster runs on, but cannot be changed from here.',
      cause,
    });
  }
}

/** Whether the registries of a cluster are on the way to a new password. */
export function isRegistryRotating(directory: string): boolean {
  return read(path.join(directory, 'secrets.json'))?.registryRotation !== undefined;
}

/** Opens the secrets in a cluster's folder and makes them on the first call. */
export function openClusterSecrets(directory: string): ClusterSecrets {
  const file = path.join(directory, 'secrets.json');
  let stored = read(file);
  const save = (next: Stored): void => {
    writePrivateFile(file, `${JSON.stringify(next, undefined, 2)}\n`);
    stored = next;
  };
  if (stored === undefined) {
    save({
      registryPassword: randomWord(32),
      bootstrapToken: `${randomWord(6, lowerCase)}.${randomWord(16, lowerCase)}`,
      applications: {},
    });
  }
  const current = (): Stored => stored as Stored;
  return {
    registryPassword: current().registryPassword,
    bootstrapToken: current().bootstrapToken,
    applicationPassword(application, parameter) {
      const known = current().applications[application]?.[parameter];
      if (known !== undefined) return known;
      const made = randomWord(20);
      const ofApplication = { ...current().applications[application], [parameter]: made };
      save({ ...current(), applications: { ...current().applications, [application]: ofApplication } });
      return made;
    },
    rotation: {
      current: () => current().registryRotation,
      begin() {
        const known = current().registryRotation;
        if (known !== undefined) return known;
        // Certificates know whole seconds only.
        const since = Math.floor(Date.now() / 1000) * 1000;
        const made = { password: randomWord(32), since, stage: registryStages[0] };
        save({ ...current(), registryRotation: made });
        return made;
      },
      note(stage) {
        const known = current().registryRotation;
        if (known === undefined || registryStages.indexOf(known.stage) >= registryStages.indexOf(stage)) return;
        save({ ...current(), registryRotation: { ...known, stage } });
      },
      finish() {
        const { registryRotation, ...others } = current();
        if (registryRotation !== undefined) save({ ...others, registryPassword: registryRotation.password });
      },
    },
    forgetApplication(application) {
      const { [application]: _, ...others } = current().applications;
      save({ ...current(), applications: others });
    },
    allValues() {
      const { registryPassword, registryRotation, bootstrapToken, applications } = current();
      const secretPart = bootstrapToken.split('.')[1] ?? '';
      const next = registryRotation?.password;
      const basic = (user: string, password: string): string => Buffer.from(`${user}:${password}`).toString('base64');
      return [
        registryPassword,
        basic(registryUser, registryPassword),
        ...(next === undefined ? [] : [next, basic(registryUser, next), basic(registryStandIn, next)]),
        bootstrapToken,
        secretPart,
        ...Object.values(applications).flatMap((values) => Object.values(values)),
      ];
    },
  };
}
