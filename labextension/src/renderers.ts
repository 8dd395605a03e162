/** The MIME renderers of the extension; collects, nothing else. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { DRAWERS, StudioOutput } from './widgets/renderer';

const renderers: IRenderMime.IExtension[] = Object.entries(DRAWERS).map(([mimeType, drawer]) => ({
  id: `studio-labextension:${mimeType.split('.').at(-1)?.replace('+json', '') ?? mimeType}`,
  description: `Draws ${mimeType}.`,
  dataType: 'json',
  rank: 0,
  rendererFactory: {
    safe: true,
    mimeTypes: [mimeType],
    createRenderer: options => new StudioOutput(options.mimeType, drawer())
  }
}));

export default renderers;
