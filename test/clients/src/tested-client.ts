/** What the cases ask of a client: the plainest use of its public interface, with its own defaults. */
export interface TestedClient {
  /** Idempotent, acks=all. */
  openProducer(bootstrap: readonly string[]): Promise<TestedProducer>;
  /** With a transactional id. */
  openTransactions(bootstrap: readonly string[], transactionalId: string): Promise<TestedTransactions>;
  /**
   * Reads one partition from its beginning, read_committed, with at most about so many bytes in an answer.
   */
  read(from: ReadFrom, onValue: (value: string) => void): Promise<Closing>;
}

export interface ReadFrom {
  bootstrap: readonly string[];
  topic: string;
  bytesMax: number;
}

export interface Closing {
  close(): Promise<void>;
}

export interface TestedProducer extends Closing {
  /** Resolves when the client says that the record is stored. May be called again before that. */
  send(topic: string, partition: number, value: string): Promise<void>;
}

export interface TestedTransactions extends Closing {
  /**
   * Begins a transaction if none is open, and sends; resolves when the broker has it, where the client
   * tells.
   */
  send(topic: string, value: string): Promise<void>;
  commit(): Promise<void>;
}
