import type { Genesis, RegisteredTopic } from '@penstock/ledger';
import { expect, test } from 'vitest';
import { circles, originsOf } from './link-graph.ts';

test('a link back to where the records come from is a circle', () => {
  const toB = link('A', 'B', 'events', 'events', []);
  expect(circles('A', topicsOf(link('B', 'A', 'events', 'events', [toB])))).toHaveLength(1);
});

test('however long the way round is', () => {
  const links = [link('A', 'B', 'events', 'events', [])];
  for (const [from, to] of ['BC', 'CD', 'DE'] as const) {
    links.push(link(from!, to!, 'events', 'events', [links.at(-1)!]));
    expect(circles(to!, topicsOf(links.at(-1)!))).toEqual([]);
  }
  const [problem] = circles('A', topicsOf(link('E', 'A', 'events', 'events', [links.at(-1)!])));
  expect(problem).toContain('events of D, events of C, events of B, events of A');
});

test('names that differ make no circle, and nor do links side by side', () => {
  const toB = link('A', 'B', 'events', 'fra.events', []);
  expect(circles('A', topicsOf(link('B', 'A', 'events', 'events', [toB])))).toEqual([]);
  expect(circles('A', topicsOf(link('B', 'A', 'fra.events', 'ams.fra.events', [toB])))).toEqual([]);
  expect(circles('A', topicsOf(link('B', 'A', 'fra.events', 'events', [toB])))).toHaveLength(1);
  expect(circles('B', topicsOf(link('C', 'B', 'events', 'events', [])))).toEqual([]);
});

test('one topic may come from several links', () => {
  const toC = [link('A', 'C', 'events', 'events', []), link('B', 'C', 'events', 'events', [])];
  for (const target of ['A', 'B']) {
    expect(circles(target, topicsOf(link('C', target, 'events', 'events', toC)))).toHaveLength(1);
  }
});

function link(from: string, to: string, name: string, target: string, besideSource: Genesis[]): Genesis {
  const ranges = [{ first: 0, width: 1 }];
  const topic = { name, id: null, partitions: 1, target, ranges, origins: originsOf(name, besideSource) };
  const ids = { sourceClusterId: from, targetClusterId: to };
  return { link: `${from}${to}`, shards: 1, ...ids, generation: 1, topics: [topic] };
}

function topicsOf(genesis: Genesis): readonly RegisteredTopic[] {
  return genesis.topics;
}
