import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { build } from './build.ts';
import { readContext } from './context.ts';
import { Patchbay } from './patchbay.ts';

/**
 * patchbay alone: a stack for each stage. `npx cdk deploy patchbay-prod`, or one of another name: `npx cdk deploy -c stage=my-branch`.
 * Further context: `context.ts`.
 */
const app = new App();
await build();
for (const props of readContext(app.node)) {
  const stack = new Stack(app, `patchbay-${props.stage}`, { description: 'patchbay' });
  new Patchbay(stack, 'Calls', props);
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
