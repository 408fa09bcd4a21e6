import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Answers findings of cdk-nag on a construct and what is below it: the finding's id and why it is right here. CDK keeps them
 * itself, so who uses the construct needs no cdk-nag.
 */
export function explain(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  const all = Object.entries(reasons).map(([id, reason]) => ({ id: `AwsSolutions::AwsSolutions-${id}`, reason }));
  Validations.of(construct).acknowledge(...all);
}

/** The same for resources with a wildcard in their names, each as it stands in a policy. */
export function explainWildcards(construct: IConstruct, reason: string, ...resources: readonly string[]): void {
  const ids = resources.map((resource) => `IAM5[Resource::${flatten(Stack.of(construct).resolve(resource))}]`);
  explain(construct, Object.fromEntries(ids.map((id) => [id, reason])));
}

/** As cdk-nag writes a name: what CloudFormation puts in is in `<>`. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const [name, inner] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  if (name === 'Ref') return `<${inner}>`;
  if (name === 'Fn::GetAtt' && Array.isArray(inner)) return `<${inner.join('.')}>`;
  if (name === 'Fn::Join' && Array.isArray(inner)) return inner[1].map(flatten).join(inner[0]);
  throw new Error(`patchbay: a name with ${name}`);
}
