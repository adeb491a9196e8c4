import type { WizardServices } from '../../presenters/terminal/services.ts';

/**
 * The real services, loaded when the first of them is asked for: what they stand on (SSH, bundles, documents) takes longer
 * to load than the first screen to draw.
 */
export function lazyServices(version: string): WizardServices {
  let loaded: Promise<WizardServices> | undefined;
  const load = (): Promise<WizardServices> => {
    loaded ??= import('./real-services.ts').then(({ realServices }) => realServices(version));
    return loaded;
  };
  const own: Partial<WizardServices> = { version };
  return new Proxy(own as WizardServices, {
    get(known, name: keyof WizardServices) {
      if (name === 'version' || name === 'practice') return known[name];
      return async (...words: readonly unknown[]): Promise<unknown> => {
        const service = (await load())[name] as (...words: readonly unknown[]) => unknown;
        return service(...words);
      };
    },
  });
}
