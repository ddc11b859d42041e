import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, kafkaVersion } from './java.ts';
import { toolClasses } from './java-tool.ts';

test.skipIf(kafkaVersion() === undefined)('every tool names a class that this Kafka has', () => {
  const libs = join(cacheFolder, 'libs');
  const jars = readdirSync(libs)
    .filter((name) => /^kafka[-_]/.test(name))
    .map((name) => readFileSync(join(libs, name)));
  // The directory at the end of a jar holds the names of its files uncompressed.
  const missing = Object.entries(toolClasses).filter(
    ([, name]) => !jars.some((jar) => jar.includes(`${name.replaceAll('.', '/')}.class`)),
  );
  expect(missing).toEqual([]);
});
