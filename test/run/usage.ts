export const usage = `npm test [-- OPTION... [FILE...]]

Runs the tests, the quick ones first, and ends with the line "N passed, N failed, N skipped".
  unit    pure code, no network          *.test.ts          about a minute at most
  kafka   against a real Kafka broker    *.kafka.test.ts    6 minutes at most
  e2e     whole pipelines, with faults   *.e2e.test.ts      5 minutes at most

FILE is part of a path: npm test -- packages/mirror
  --project NAME   only unit, kafka or e2e; may be given more than once
  -t PATTERN       only tests whose name matches
  --bail N         stop after N failed tests
  any other option of vitest: npm test -- --project unit --reporter verbose

Brokers are child JVMs when Java 17 is there, else containers:
  PENSTOCK_TEST_BROKER=container          containers in any case
  PENSTOCK_TEST_BOOTSTRAP=host:port,...   a given cluster; tests that would harm it are skipped by name`;
