/** A batch that was submitted, or is about to be: what a resumed run must know so as not to pay for it again. */
export interface BatchRecord {
  /** Names it on our side: a hash of its requests. */
  readonly token: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string;
  /** The provider's name; null: it is being submitted. */
  readonly id: string | null;
  /** Of its requests. */
  readonly entries: readonly string[];
}

/** Where records of batches survive a crash. */
export interface BatchStore {
  list(): Promise<readonly BatchRecord[]>;
  /** Durable when it returns; replaces the record of the same token. */
  put(record: BatchRecord): Promise<void>;
  remove(token: string): Promise<void>;
}
