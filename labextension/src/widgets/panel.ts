/** The side panel: notices, balance, buying, limits, runs and tools, one below the other. */

import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import type { Session } from '../models/session';
import { BalanceSection } from './balanceSection';
import { BuySection, type OpenTab } from './buySection';
import { liveRegion, setAttributes, setText } from './dom';
import { LimitsSection } from './limitsSection';
import { NoticesSection } from './noticesSection';
import { RunsSection } from './runsSection';
import type { ExampleActions } from './toolDetails';
import { ToolsSection } from './toolsSection';

export const PANEL_ID = 'studio-panel';

/** Holds the sections; when opened, the keyboard and the screen reader start at its top. */
export class StudioPanel extends Panel {
  constructor(session: Session, actions: ExampleActions, openTab: OpenTab) {
    super();
    this.id = PANEL_ID;
    this.addClass('studio-Panel');
    this.title.caption = 'Studio: credits, tools and runs';
    setAttributes(this.node, { role: 'region', 'aria-label': 'Studio', tabindex: -1 });
    this.tools = new ToolsSection(session, actions);
    this.shop = new BuySection(session, openTab);
    const top = [new NoticesSection(session), new BalanceSection(session), this.shop];
    [...top, new LimitsSection(session), new RunsSection(session), this.tools].forEach(section => { this.addWidget(section); });
    this.node.append(this.spoken);
  }

  /** The example of the opened tool, empty when there is none. */
  get example(): string {
    return this.tools.example;
  }

  /** Tell what was done, for people who do not see it. */
  say(text: string): void {
    setText(this.spoken, '');
    setText(this.spoken, text);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.shop.load();
    this.tools.load();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private readonly shop: BuySection;
  private readonly tools: ToolsSection;
  private readonly spoken = liveRegion();
}
