import { createWizardModel, type WizardModel } from '../../source/presenters/terminal/model/wizard-model.ts';
import { WizardApp } from '../../source/presenters/terminal/wizard-app.tsx';
import type { WizardExit } from '../../source/presenters/terminal/wizard-context.tsx';
import { type FakeOptions, type FakeServices, fakeServices } from './fake-services.ts';
import { type Look, looks, type Mounted, mountNode, testProfile } from './mount.tsx';

export type MountedWizard = Mounted & {
  readonly services: FakeServices;
  readonly model: WizardModel;
  readonly exits: WizardExit[];
};

/** The whole wizard over services without machines. */
export async function mountWizard(options: FakeOptions = {}, look: Look = looks[0] as Look): Promise<MountedWizard> {
  const services = fakeServices(options);
  const model = createWizardModel(services, look.language);
  const exits: WizardExit[] = [];
  const mounted = await mountNode(
    <WizardApp model={model} profile={testProfile(look)} memory={new Map()} exit={(reason) => exits.push(reason)} />,
    look,
  );
  return {
    ...mounted,
    services,
    model,
    exits,
    async unmount() {
      model.close();
      await mounted.unmount();
    },
  };
}
