import { existsSync, readFileSync } from 'node:fs';
import { readProcess } from './read-process.ts';

/** A process that a report shows. It has a pid, an operations listener, or both. */
export interface Watched {
  name: string;
  /** On this machine: CPU and memory are read from /proc. */
  pid?: number;
  /** `http://host:port` of a service: lag, and without a pid CPU and memory too. */
  operations?: string;
}

/**
 * Reads `--processes`: 'mirror=412,filter=390', or the cluster.json of a demo. Throws in words when it is
 * neither.
 */
export function readProcesses(text: string): Watched[] {
  if (existsSync(text)) return processesOfDemo(readFileSync(text, 'utf8'), text);
  return text.split(',').map((part) => {
    const [, name, pid] = /^([^=]+)=(\d{1,10})$/.exec(part) ?? [];
    if (name === undefined)
      throw new Error(`--processes is NAME=PID, several with commas between, or a cluster.json: ${part}`);
    return { name, pid: Number(pid) };
  });
}

/** Reads `--operations`, as the addresses that it lists. */
export function operationsAddresses(text: string): string[] {
  return text.split(',').map((address) => address.replace(/\/$/, ''));
}

/** Named as they name themselves. Rejects in words when nothing of Penstock answers at one of them. */
export async function watchedByOperations(addresses: readonly string[]): Promise<Watched[]> {
  const readings = await Promise.all(addresses.map((address) => readProcess(address)));
  return addresses.map((operations, index) => {
    const { service } = readings[index]!;
    const isOne = readings.filter((each) => each.service === service).length === 1;
    const name = service.replaceAll('_', '-');
    return { name: isOne ? name : `${name} ${new URL(operations).host}`, operations };
  });
}

/**
 * Everything that is remembered of a process goes by its name: of those that share one, each is told by its
 * process id or its address as well. One that is named twice is one.
 */
export function eachWithItsName(watched: readonly Watched[]): Watched[] {
  const own = watched.map((each) => {
    const isShared = watched.filter(({ name }) => name === each.name).length > 1;
    return isShared ? { ...each, name: `${each.name} ${instanceOf(each)}` } : each;
  });
  return own.filter(({ name }, index) => own.findIndex((other) => other.name === name) === index);
}

function instanceOf({ pid, operations }: Watched): string {
  return pid === undefined && operations !== undefined ? new URL(operations).host : `pid ${pid}`;
}

interface Entry {
  pid: number | null;
  operations?: string;
}

interface ClusterEntry {
  name: string;
  brokers: { id: number; pid: number | null }[];
}

interface DemoFile {
  state: string;
  datacenter: ClusterEntry;
  master: ClusterEntry;
  services: Record<string, Entry>;
  otherDatacenters?: { cluster: ClusterEntry; services: Record<string, Entry> }[];
  prober?: Entry;
}

function processesOfDemo(json: string, path: string): Watched[] {
  const file = JSON.parse(json) as Partial<DemoFile>;
  if (!file.services || !file.datacenter || !file.master) {
    throw new Error(`${path} is not the cluster.json of a demo`);
  }
  if (file.state !== 'running') throw new Error(`the demo of ${path} is not running`);
  const { datacenter, master, services, otherDatacenters = [], prober } = file;
  return [
    ...servicesOf(services, ''),
    ...otherDatacenters.flatMap((other) => servicesOf(other.services, `${other.cluster.name} `)),
    ...(prober ? servicesOf({ prober }, '') : []),
    ...[datacenter, ...otherDatacenters.map(({ cluster }) => cluster), master].flatMap(brokersOf),
  ];
}

function servicesOf(services: Record<string, Entry>, prefix: string): Watched[] {
  return Object.entries(services).map(([name, { pid, operations }]) => ({
    name: `${prefix}${name}`,
    ...(pid !== null && { pid }),
    ...(operations !== undefined && { operations }),
  }));
}

/** Those in containers have no pid that could be looked at. */
function brokersOf({ name, brokers }: ClusterEntry): Watched[] {
  return brokers.flatMap(({ id, pid }) => (pid === null ? [] : [{ name: `${name} broker ${id}`, pid }]));
}
