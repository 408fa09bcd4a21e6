import {
  ECS_REMOVE_DEFAULT_DESIRED_COUNT,
  IAM_MINIMIZE_POLICIES,
  S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY,
} from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';

/** Of CDK's feature flags those that patchbay's stack is written for: it comes out the same in apps that have set none. */
const flags = [
  // The number of nodes is the scaling's: a deployment leaves it as it is.
  ECS_REMOVE_DEFAULT_DESIRED_COUNT,
  IAM_MINIMIZE_POLICIES,
  // Buckets without ACLs.
  S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY,
];

/** To be called before anything is put into the stack. */
export function useFlags(stack: IConstruct): void {
  for (const flag of flags) stack.node.setContext(flag, true);
}
