export type BrokerKind = 'jvm' | 'container';

export interface StartKafkaOptions {
  /** Default 1. Three have replication factor 3 and min.insync.replicas 2 everywhere. */
  brokers?: 1 | 3;
  /** Broker settings on top of ours (settings.ts). */
  settings?: Record<string, string>;
  /** Part of the temporary folder's name: letters, digits and dashes. */
  name?: string;
  /**
   * The address clients are told to use for a broker that listens on 127.0.0.1:port; a proxy's, for fault
   * tests.
   */
  advertised?: (id: number, port: number) => string;
  /** Default 320. */
  heapMb?: number;
  /** Default: `brokerKind()`. */
  via?: BrokerKind;
  /** JVM only, and needs openssl: listeners that ask for passwords or certificates, beside the plain one. */
  secured?: boolean;
  /** JVM only. A command that becomes the broker by exec (the Runner in the demo), with its arguments. */
  through?: readonly string[];
  /**
   * JVM only. An empty folder for a broker's data, such as a small disk; undefined: in the cluster's own. It
   * is not removed.
   */
  dataFolderOf?: (id: number) => string | undefined;
  /** JVM only. Whom `through` makes of the broker: its folder is given to them. Needs root. */
  owner?: FolderOwner;
}

export interface FolderOwner {
  uid: number;
  gid: number;
}
