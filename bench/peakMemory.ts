import { readFileSync } from 'node:fs';

/** The most memory this process has had resident so far, in bytes; null where the system does not tell. */
export function peakMemory(): number | null {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    // Only Linux tells.
    return null;
  }
}
