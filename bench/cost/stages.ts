import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readContext } from '../../infra/context.ts';
import { Patchbay } from '../../infra/patchbay.ts';
import { contexts, type Stages } from './contexts.ts';
import { type Template as StageTemplate, stageOf } from './stage.ts';

/** Synthesizes each: what they are made of has to be built. */
export function countStages(): Stages {
  const entries = Object.entries(contexts).map(([name, context]) => [name, stageOf(templateOf(context))]);
  return Object.fromEntries(entries) as Stages;
}

/** patchbay's own template, as CloudFormation gets it. */
export function templateOf(context: Record<string, unknown>): StageTemplate {
  const app = new App({ context });
  const [props] = readContext(app.node);
  const patchbay = new Patchbay(new Stack(app, 'Stage'), 'Calls', props);
  return Template.fromStack(patchbay.node.findChild('Stack') as Stack).toJSON() as StageTemplate;
}
