// For npm run chaos, which breaks whole pipelines as these tests do.
export { freePort } from '@penstock/test-process';
export { createPipelineTopics } from './pipeline-topics.ts';
export { packageOf, serviceEnvironment } from './service-environment.ts';
export type { PipelineClusters, PipelineServiceName } from './service-environment.ts';
export { countTopic, expectedOfRaw, reasonsOf } from './topic-truth.ts';
export type { Expected } from './topic-truth.ts';
export { untilSettled } from './until-settled.ts';
