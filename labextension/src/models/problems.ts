/** Refusals and failures as one kind of error, with the sentences people read. */

import type { Problem } from '../contracts';
import { decode } from './decode';

/** What the server refused, or why it could not be asked. */
export class StudioProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.error);
  }
}

const NOT_HERE: Problem = {
  status: 404,
  code: 'studio_not_here',
  error: 'This Jupyter server does not run Studio.',
  action: 'Install studio-magics[server,lab] where JupyterLab runs and restart it.'
};

const UNREACHABLE: Problem = {
  status: 503,
  code: 'unreachable',
  error: 'The Studio server cannot be reached.',
  action: 'Nothing is lost; the connection is tried again by itself.'
};

/** The problem of a response that is not a success. */
export async function problemOf(response: Response): Promise<StudioProblem> {
  try {
    return new StudioProblem(decode('Problem', await response.json()));
  } catch {
    return new StudioProblem(response.status === 404 ? NOT_HERE : unexplained(response.status));
  }
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): StudioProblem {
  return thrown instanceof StudioProblem ? thrown : new StudioProblem(describe(thrown));
}

function describe(thrown: unknown): Problem {
  if (thrown instanceof Error && thrown.name === 'UnexpectedMessage') {
    const action = 'Reload the page; if it stays, the server and this extension are of different versions.';
    return { status: 502, code: 'unexpected_message', error: 'The Studio server sent something unexpected.', reason: thrown.message, action };
  }
  return UNREACHABLE;
}

function unexplained(status: number): Problem {
  const signedOut = status === 401 || status === 403;
  return {
    status: status >= 400 ? status : 502,
    code: 'unexplained',
    error: signedOut ? 'Jupyter does not accept this page any more.' : `The Studio server answered ${status} without an explanation.`,
    action: signedOut ? 'Sign in again and reload the page.' : 'Try again in a moment.'
  };
}
