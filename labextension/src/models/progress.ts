/** What the kernel shows while a run is under way: `application/vnd.studio.progress+json`. */

import type { RunSummary } from '../contracts';
import { isRecord } from './decode';

/** One moment of a run. */
export interface Progress {
  readonly title: string;
  readonly percent: number;
  readonly stage: string;
  readonly runId: string;
  readonly state: RunSummary['state'] | '';
  readonly log: readonly string[];
}

const LOG_LINES = 20;

const STATES: readonly string[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out', 'lost'];

/** Reads generously: a saved notebook may come from another version. Null when it is no progress at all. */
export function readProgress(value: unknown): Progress | null {
  if (!isRecord(value) || typeof value.title !== 'string') {
    return null;
  }
  const percent = value.percent;
  const state = value.state;
  return {
    title: value.title,
    percent: typeof percent === 'number' && percent >= 0 ? Math.min(100, Math.round(percent)) : 0,
    stage: typeof value.stage === 'string' ? value.stage : '',
    runId: typeof value.run_id === 'string' ? value.run_id : '',
    state: typeof state === 'string' && STATES.includes(state) ? (state as RunSummary['state']) : '',
    log: Array.isArray(value.log) ? value.log.filter(line => typeof line === 'string').slice(-LOG_LINES) : []
  };
}
