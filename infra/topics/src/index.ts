export { datacenterTopics, masterTopics } from './topic-plan.ts';
export type { TopicPlanOptions } from './topic-plan.ts';
