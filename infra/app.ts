import { App, Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
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
for (const { alarmTopicArn, ...props } of readContext(app.node)) {
  const stack = new Stack(app, `patchbay-${props.stage}`, { description: 'patchbay' });
  const alarmTopic = alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn);
  new Patchbay(stack, 'Calls', { ...props, ...(alarmTopic && { alarmTopic }) });
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
