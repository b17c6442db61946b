// SPDX-License-Identifier: Apache-2.0

// A real browser, and the few things that a user does in VS Code, by what is
// on the page.

import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";
import { promisify } from "node:util";

/** Waits until a test is true, and returns what it returned. */
export async function until(what, test, timeout = 120_000) {
  for (const deadline = Date.now() + timeout; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const value = await test();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
  }
}

/** A line of a source as the page has it: other spaces, and hints within. */
export const loosely = (text) => new RegExp(text.trim().split(/\W+/).filter(Boolean).slice(0, 3).join(".*"));

// How the browser puts its layers together. Desktops do it on a graphics card:
// "gpu" takes the same way through Chromium, with a card that is calculated
// where there is none. "software" is Chromium's way without one, and cheaper
// there.
const compositors = {
  gpu: ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
  software: ["--disable-gpu"],
};

export class Browser {
  static async open({ install, profile, width = 1280, height = 800, scale = 1, compositor = "software" }) {
    const require = createRequire(path.join(install, "package.json"));
    const { chromium } = require("playwright-core");
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      viewport: { width, height },
      deviceScaleFactor: scale,
      args: ["--no-sandbox", ...compositors[compositor], "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none"],
    });
    const browser = new Browser();
    browser.context = context;
    browser.page = context.pages()[0] ?? (await context.newPage());
    browser.page.setDefaultTimeout(60_000);
    browser.outside = new Set();
    browser.page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1" && !hostname.endsWith(".localhost") && hostname !== "localhost") browser.outside.add(hostname);
    });
    return browser;
  }

  async goto(address) {
    await this.page.goto(address);
    await this.page.waitForSelector(".monaco-workbench", { timeout: 180_000 });
  }

  lens(text) {
    return this.page.locator(".codelens-decoration a", { hasText: text }).first();
  }

  line(text) {
    return this.page.locator(".view-line", { hasText: text }).first();
  }

  toast(text) {
    return this.page.locator(".notification-toast", { hasText: text }).first();
  }

  /** How many messages say a thing, shown or in the list of all. */
  async messages(text) {
    await this.palette("Notifications: Show Notifications");
    const rows = this.page.locator(".notifications-center .notification-list-item", { hasText: text });
    await rows.first().waitFor();
    return rows.count();
  }

  /** Clicks a button of a message in the list of all: after ten seconds it is only there. */
  async answer(text, button) {
    await this.palette("Notifications: Show Notifications");
    await this.page.locator(".notifications-center .notification-list-item", { hasText: text }).first().getByText(button, { exact: true }).click();
  }

  /**
   * Asks the palette, whatever has the focus; a webview may have swallowed the
   * key, and an editor that is still loading may take the focus, which closes it.
   */
  async ask(text) {
    const input = this.page.locator(".quick-input-widget input").first();
    for (let tries = 1; ; tries++) {
      await this.page.keyboard.press("F1");
      try {
        await input.fill(text, { timeout: 10_000 });
        return;
      } catch (error) {
        if (tries === 6) throw error;
      }
    }
  }

  /** Clicks the row of the palette with a label. */
  async row(label) {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { has: this.page.locator(".label-name", { hasText: label }) }).first();
    await row.click({ timeout: 60_000 });
  }

  /** Runs a command of the palette by its title, or the beginning of that. */
  async palette(title) {
    await this.ask(`>${title}`);
    await this.row(title);
  }

  /** The titles that the palette offers for a word. */
  async offered(word) {
    await this.ask(`>${word}`);
    await this.page.locator(".quick-input-list .monaco-list-row .label-name", { hasText: word }).first().waitFor({ timeout: 60_000 });
    const titles = await this.page.locator(".quick-input-list .monaco-list-row .label-name").allInnerTexts();
    await this.page.keyboard.press("Escape");
    return titles;
  }

  /** Chooses a path in VS Code's own file dialog, which is open. */
  async choose(file) {
    const dialog = this.page.locator(".quick-input-widget", { has: this.page.locator(".quick-input-action .monaco-button") }).first();
    const input = dialog.locator("input").first();
    await dialog.waitFor({ timeout: 60_000 });
    // The dialog writes the folder that it begins in when it has listed it, and
    // lists again what is typed: a click before either is lost.
    for (let tries = 1; ; tries++) {
      await this.page.waitForTimeout(1000);
      await input.fill(file);
      await this.page.waitForTimeout(1000);
      if ((await input.inputValue()) === file) await dialog.locator(".quick-input-action .monaco-button").first().click();
      try {
        await dialog.waitFor({ state: "hidden", timeout: 10_000 });
        return;
      } catch (error) {
        if (tries === 6) throw error;
      }
    }
  }

  /** Opens a file of the workspace by its name. */
  async quickOpen(name) {
    await this.ask(name); // without the mark of commands it finds files
    await this.row(path.basename(name));
  }

  async goToLine(line) {
    await this.ask(`:${line}`);
    await this.page.waitForTimeout(300);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".statusbar-item", { hasText: new RegExp(`^Ln ${line},`) }).first().waitFor({ timeout: 60_000 });
  }

  /** The frame of a webview in which something is. */
  async webview(selector, timeout = 60_000) {
    for (const deadline = Date.now() + timeout; Date.now() < deadline; await this.page.waitForTimeout(200)) {
      for (const frame of this.page.frames()) {
        if (await frame.locator(selector).count().catch(() => 0)) return frame;
      }
    }
    throw new Error(`no webview has ${selector}`);
  }

  /** Keeps a picture of the page; a third as large where pngquant is installed. */
  async picture(file) {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    await promisify(execFile)("pngquant", ["--force", "--speed", "1", "--output", file, "256", file]).catch(() => {});
  }

  close() {
    return this.context.close();
  }
}
