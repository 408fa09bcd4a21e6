import type { Stage } from './stage.ts';

/** The stages that are compared, as the context of `npx cdk deploy -c …` that makes each. */
export const contexts = {
  staging: { stage: 'staging' },
  prod: { stage: 'prod' },
  prodFromNone: { stage: 'prod', minNodes: 0 },
  stagingWatched: { stage: 'staging', watch: 'true' },
  prodWithoutInsights: { stage: 'prod', containerInsights: 'false' },
  prodWithIssuer: {
    stage: 'prod',
    jwtIssuer: 'https://login.example',
    jwtAudience: 'calls',
    jwksUrl: 'https://login.example/keys',
  },
} as const;
export type Stages = Readonly<Record<keyof typeof contexts, Stage>>;
