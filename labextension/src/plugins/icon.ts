/** The sign of Studio. */

import { LabIcon } from '@jupyterlab/ui-components';

/** A diamond, drawn in the colour of the theme's icons. */
export const creditsIcon = new LabIcon({
  name: 'studio:credits',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M12 2.5 20.5 12 12 21.5 3.5 12z"/></svg>'
});
