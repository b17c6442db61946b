// SPDX-License-Identifier: Apache-2.0

// A tree as data: what a view shows is built in one go from the overview, and
// the provider only hands it out.

import * as vscode from "vscode";

import type { Place } from "../server/overview";

export interface Node {
  label: string;
  description?: string | undefined;
  tooltip?: string | undefined;
  icon?: vscode.ThemeIcon;
  /** For menus: `viewItem == …`. */
  context?: string;
  /** What a click does. */
  command?: vscode.Command | undefined;
  children?: Node[];
  expanded?: boolean;
  /** What commands in the node's menu are about. */
  argument?: object;
}

/** Serves nodes; `build` is called anew after each refresh. */
export class Tree implements vscode.TreeDataProvider<Node> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly build: () => Node[]) {}

  refresh(): void {
    this.#changed.fire();
  }

  getChildren(node?: Node): Node[] {
    return node ? (node.children ?? []) : this.build();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const has = (node.children?.length ?? 0) > 0;
    const item = new vscode.TreeItem(node.label, !has ? None : node.expanded ? Expanded : Collapsed);
    if (node.description) item.description = node.description;
    if (node.tooltip) item.tooltip = node.tooltip;
    if (node.icon) item.iconPath = node.icon;
    if (node.context) item.contextValue = node.context;
    if (node.command) item.command = node.command;
    return item;
  }
}

/** What opens a place in the editor. */
export function opening(place: Place | undefined): vscode.Command | undefined {
  if (!place) return undefined;
  const uri = vscode.Uri.parse(place.uri, true);
  const line = place.line - 1;
  const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(line, 0, line, 0) };
  return { command: "vscode.open", title: "Open", arguments: [uri, options] };
}

export function icon(name: string, color?: string): vscode.ThemeIcon {
  return color ? new vscode.ThemeIcon(name, new vscode.ThemeColor(color)) : new vscode.ThemeIcon(name);
}

/** "3 minutes ago", or the date where it is longer than a day. */
export function ago(time: string | undefined, now = Date.now()): string {
  if (!time) return "";
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString();
}
