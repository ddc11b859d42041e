import type { TestProject } from 'vitest/node';
import { givenBootstrap, openDoor } from './shared-kafka.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The local port at which sharedKafka() asks the run's main process for the shared broker. */
    sharedKafkaDoor: number;
  }
}

/** globalSetup of the project kafka. Starts nothing: the broker comes up when the first test asks for it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (givenBootstrap()) return async () => undefined;
  const door = await openDoor();
  project.provide('sharedKafkaDoor', door.port);
  return async () => {
    await door[Symbol.asyncDispose]();
  };
}
