import { expect, test } from 'vitest';
import { scram } from './scram.ts';

const credentials = { hash: 'sha256', username: 'user', password: 'pencil' } as const;

test('says what RFC 7677 says, and believes the server of it', async () => {
  const said: string[] = [];
  const answers = [
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  ];
  await scram({ ...credentials, nonce: 'rOprNGfwEbeRWgbNEkqO' }, async (message) => {
    said.push(message);
    return answers.shift() ?? '';
  });
  expect(said).toEqual([
    'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  ]);
});

test.each([
  ['a nonce that is not made of ours', 'r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096', /nonce/],
  ['so few iterations that the password could be guessed', 'r=mine+,s=AAAA,i=1', /iterations/],
  ['so many iterations that they never end', 'r=mine+,s=AAAA,i=4000000000', /iterations/],
  ['no proof that it knows the password', 'r=mine+,s=AAAA,i=4096', /does not know the password/],
])('refuses a server with %s', async (_, serverFirst, problem) => {
  const answers = [serverFirst, 'v=AAAA'];
  const exchange = async (): Promise<string> => answers.shift() ?? '';
  await expect(scram({ ...credentials, nonce: 'mine' }, exchange)).rejects.toThrow(problem);
});

test('a comma or an equals sign in a name does not end it', async () => {
  const said: string[] = [];
  const exchange = async (message: string): Promise<string> => {
    said.push(message);
    return '';
  };
  await scram({ ...credentials, username: 'a=b,c,d' }, exchange).catch(() => undefined);
  expect(said[0]).toMatch(/^n,,n=a=3Db=2Cc=2Cd,r=/);
});
