/**
 * A new cell with text in the notebook in front. Cells are added by JupyterLab's own command; the text goes into the
 * cell's model, because its editor may not be there yet (`notebook:replace-selection` loses the text then).
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';

const ADD_CELL = 'notebook:insert-cell-below';

/** What a notebook panel offers, in every JupyterLab 4; read without the whole notebook package. */
interface NotebookLike {
  readonly content: { readonly activeCell: { readonly model: { readonly sharedModel: Source } } | null };
}

interface Source {
  setSource(text: string): void;
}

/** Whether a notebook is in front and takes cells. */
export function canAddCell(app: JupyterFrontEnd): boolean {
  return app.commands.hasCommand(ADD_CELL) && app.commands.isEnabled(ADD_CELL) && isNotebook(app.shell.currentWidget);
}

/** Add a cell below the active one; whether there was a notebook to take it. */
export async function addCell(app: JupyterFrontEnd, text: string): Promise<boolean> {
  const panel: unknown = app.shell.currentWidget;
  if (!canAddCell(app) || !isNotebook(panel)) {
    return false;
  }
  await app.commands.execute(ADD_CELL);
  panel.content.activeCell?.model.sharedModel.setSource(text);
  return true;
}

function isNotebook(widget: unknown): widget is NotebookLike {
  const content = member(widget, 'content');
  return typeof member(member(member(member(content, 'activeCell'), 'model'), 'sharedModel'), 'setSource') === 'function';
}

function member(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? (holder as Readonly<Record<string, unknown>>)[name] : undefined;
}
