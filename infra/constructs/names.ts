import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Tells one patchbay of an account from another, in names that are the whole account's. The path within the app alone does not: whoever
 * deploys a stack of theirs under another `stackName`, one for each branch, has it twice.
 */
export function placeOf(construct: IConstruct): string {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return createHash('sha256').update(`${stack.stackName}/${construct.node.path}`).digest('hex').slice(0, 16);
}
