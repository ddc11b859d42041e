import { basename } from 'node:path';

/** A start script that is widely known, so that nobody has to read it. */
export interface StartScript {
  /** It execs the service; otherwise it leaves it in the background. */
  execs: boolean;
  source: string;
}

const rules: readonly { name: RegExp; detaches: (args: readonly string[]) => boolean; source: string }[] = [
  {
    name: /^(zookeeper-server-start|connect-(distributed|standalone|mirror-maker)|kafka-[a-z-]+)(\.sh)?$/,
    detaches: (args) => args.includes('-daemon'),
    source: "Kafka's bin/kafka-run-class.sh: execs, or nohup ... & with -daemon",
  },
  {
    name: /^zkServer\.sh$/,
    detaches: (args) => !args.includes('start-foreground') && !args.includes('print-cmd'),
    source: "ZooKeeper's bin/zkServer.sh: start-foreground execs",
  },
  {
    name: /^catalina\.sh$/,
    detaches: (args) => args.includes('start'),
    source: "Tomcat's bin/catalina.sh: run execs, start does not",
  },
  {
    name: /^(apachectl|apache2ctl)$/,
    detaches: (args) => !args.some((arg) => /FOREGROUND|NO_DETACH/.test(arg)),
    source: "Apache's apachectl: httpd leaves the foreground unless it is told -DFOREGROUND",
  },
  {
    name: /^(pg_ctl|pg_ctlcluster)$/,
    detaches: (args) => !args.includes('--foreground'),
    source: 'pg_ctl(1), pg_ctlcluster(1): start leaves the server in the background',
  },
  { name: /^startup\.sh$/, detaches: () => true, source: "Tomcat's bin/startup.sh: catalina.sh start" },
  {
    name: /^(elasticsearch|opensearch)$/,
    detaches: (args) => args.some((arg) => arg === '-d' || arg === '--daemonize'),
    source: 'bin/elasticsearch: exec, or & with -d',
  },
  {
    name: /^(start|stop)-(dfs|yarn|hbase|all|master|worker|slave|slaves|history-server)\.sh$/,
    detaches: () => true,
    source: "Hadoop's, HBase's and Spark's sbin scripts: daemons in the background",
  },
  {
    name: /^(hadoop|yarn|hbase|hdfs)-daemon\.sh$/,
    detaches: () => true,
    source: "Hadoop's and HBase's daemon scripts",
  },
];

export function knownStartScript(words: readonly string[]): StartScript | undefined {
  const [program = '', ...args] = words;
  const rule = rules.find(({ name }) => name.test(basename(program)));
  return rule && { execs: !rule.detaches(args), source: rule.source };
}

/** Words that ask a daemon to leave the foreground. `--daemonize no` and `--daemon=false` do not. */
export function daemonSwitch(args: readonly string[]): string | undefined {
  return args.find(
    (arg, at) =>
      /^(-daemon|--?daemoni[sz]e|--daemon|--background|--detach)(=(yes|true|1|on))?$/.test(arg) &&
      !/^(no|false|0|off)$/.test(args[at + 1] ?? ''),
  );
}

/** Daemons that leave the foreground unless they are told to stay, or only when told to leave. */
const daemons: readonly { name: RegExp; leaves: (line: string) => boolean; source: string }[] = [
  {
    name: /^nginx$/,
    leaves: (line) => !/daemon\s+off/.test(line),
    source: 'nginx: daemon on is its default',
  },
  { name: /^sshd$/, leaves: (line) => !/(^|\s)-\w*[Ddit]/.test(line), source: 'sshd(8): -D' },
  { name: /^crond?$/, leaves: (line) => !/(^|\s)-\w*[fnd]/.test(line), source: 'cron(8), crond(8): -f, -n' },
  { name: /^named$/, leaves: (line) => !/(^|\s)-\w*[fg]/.test(line), source: 'named(8): -f, -g' },
  { name: /^mongod$/, leaves: (line) => /(^|\s)--fork\b/.test(line), source: 'mongod(1): --fork' },
  { name: /^haproxy$/, leaves: (line) => /(^|\s)-D\b/.test(line), source: 'haproxy(1): -D' },
  { name: /^memcached$/, leaves: (line) => /(^|\s)-d\b/.test(line), source: 'memcached(1): -d' },
];

/** Why a daemon probably leaves the foreground; its configuration file, which is not read, may differ. */
export function leavesByItself(name: string, args: readonly string[]): string | undefined {
  const line = args.join(' ');
  return daemons.find((daemon) => daemon.name.test(name) && daemon.leaves(line))?.source;
}

/** A script by its name, which cannot be looked at. */
export function looksLikeScript(program: string): boolean {
  if (/^\/etc\/(rc\.d\/)?init\.d\//.test(program)) return true;
  return /\.(sh|bash|ksh|zsh)$|(^|[-_.])(entrypoint|wrapper|launcher)(\.\w+)?$/.test(basename(program));
}
