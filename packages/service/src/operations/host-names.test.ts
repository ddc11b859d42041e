import { expect, test } from 'vitest';
import { answersTo } from './host-names.ts';

const configured = ['Metrics.Example.com'];

test.each([
  undefined,
  '127.0.0.1:9464',
  '10.1.2.3',
  '[::1]:9464',
  '[fe80::1]',
  'localhost',
  'LOCALHOST:9464',
  'receiver',
  'penstock-receiver:9464',
  'receiver.penstock.svc.cluster.local:9464',
  'node7.internal',
  'app.localhost',
  'metrics.example.com:9464',
  'metrics.example.com.',
])('Host %s is answered', (host) => {
  expect(answersTo(host, configured)).toBe(true);
});

test.each([
  'evil.example',
  'evil.example:9464',
  'metrics.example.com.evil.example',
  'evilmetrics.example.com',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'internal.evil.com',
  '',
  ':9464',
  'user@localhost',
  'localhost/evil.example',
  '[::1].evil.example',
  'localhost:99999999',
])('Host %j is refused', (host) => {
  expect(answersTo(host, configured)).toBe(false);
});
