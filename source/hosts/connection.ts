/** Result of a command on a host. */
export type CommandResult = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

export type CommandOptions = {
  /**
   * Written to the command's standard input, then closed. The only place a secret may go. A piece of a stream is done with
   * when the next one is asked for.
   */
  readonly stdin?: string | Buffer | AsyncIterable<Buffer>;
  /** Aborts the command. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the command is ended with an error; no limit unless set. */
  readonly timeout?: number;
  /** Called for each whole line of output as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Run without root rights even where they could be had; false unless set. */
  readonly unprivileged?: boolean;
};

export type UploadOptions = {
  /** Path on the host, absolute. */
  readonly target: string;
  /** Octal, such as 0o755. */
  readonly mode: number;
  readonly size: number;
  /** Lower-case hex SHA-256 of the whole content. */
  readonly sha256: string;
  /**
   * Opens the content from a byte offset, so that an upload goes on where it stopped. A piece is done with when the next
   * one is asked for.
   */
  readonly open: (offset: number) => AsyncIterable<Buffer>;
  readonly onProgress?: (sent: number) => void;
  readonly signal?: AbortSignal;
};

/** One machine the engine can act on, over SSH or locally. All commands run as root unless told otherwise. */
export interface HostConnection {
  readonly name: string;
  /** Runs a POSIX sh script that is given whole on the host's shell; `args` become $1… quoted in one place. A non-zero exit is returned, not thrown. */
  run(script: string, args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Like `run`, but throws COMMAND_FAILED with command title, exit code and last lines. Returns standard output. */
  check(title: string, script: string, args?: readonly string[], options?: CommandOptions): Promise<string>;
  /** Writes a small file atomically (temporary file, mode, rename); the content travels on standard input. */
  writeFile(target: string, content: string | Buffer, mode: number): Promise<void>;
  /** Text of a file, or undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Sends a big file; resumes at the last byte that is there and verified, hashes it on the host, renames into place. */
  upload(options: UploadOptions): Promise<void>;
  close(): Promise<void>;
}
