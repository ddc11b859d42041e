import { expect, test } from 'vitest';
import { Mailbox } from './mailbox.ts';

test('messages are acted on in order, one at a time, those that come meanwhile included', async () => {
  const mailbox = new Mailbox<number>();
  const acts: string[] = [];
  const first = mailbox.post(1).then(() => acts.push('1 is told'));
  void mailbox.post(2);
  expect(mailbox.bell.aborted).toBe(true);
  await mailbox.empty(async (message) => {
    acts.push(`begin ${message}`);
    if (message === 1) void mailbox.post(3);
    await new Promise(setImmediate);
    acts.push(`end ${message}`);
  });
  await first;
  expect(acts.filter((act) => act !== '1 is told')).toEqual(
    [1, 2, 3].flatMap((n) => [`begin ${n}`, `end ${n}`]),
  );
  expect(mailbox.bell.aborted).toBe(false);
});

test('whoever waits a long time hears a message at once, and the loop acts on it', async () => {
  const mailbox = new Mailbox<string>();
  const aMinute = mailbox.waitForMessage(60_000);
  const posted = mailbox.post('stop');
  await aMinute;
  await mailbox.waitForMessage(60_000); // the message still lies there
  await mailbox.empty(async () => {});
  await posted;
  expect(mailbox.bell.aborted).toBe(false);
  await mailbox.waitForMessage(1);
});

test('a bell that rings ends a wait, and a closed mailbox lets everyone go', async () => {
  const mailbox = new Mailbox<string>();
  const rung = mailbox.rings();
  const posted = mailbox.post('x');
  await rung;
  mailbox.close();
  await expect(posted).resolves.toBeUndefined();
  await expect(mailbox.post('y')).resolves.toBeUndefined();
});
