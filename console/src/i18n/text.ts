import { createContext, useCallback, useContext } from 'react';
import type en from './en.json';

export type MessageKey = keyof typeof en;
export type Language = 'en' | 'ja';
export type Messages = Record<string, string>;
export type Translate = (key: MessageKey, params?: Record<string, string | number>) => string;

/** Puts `{name}` values into a message. A key that is missing shows itself: better than a blank. */
export function translate(messages: Messages, key: string, params: Record<string, string | number> = {}): string {
  const message = Object.hasOwn(messages, key) ? messages[key] : undefined;
  if (message === undefined) return key;
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** For keys that are made from a code that the server sent: the words, or undefined when the code is new to us. */
export function translateCode(messages: Messages, key: string, params?: Record<string, string | number>) {
  return Object.hasOwn(messages, key) ? translate(messages, key, params) : undefined;
}

export const TextContext = createContext<{ messages: Messages; language: Language }>({ messages: {}, language: 'en' });

/** The translator of the language on screen. */
export function useText(): Translate {
  const { messages } = useContext(TextContext);
  return useCallback<Translate>((key, params) => translate(messages, key, params), [messages]);
}

/** Like useText, for keys that come from data: `fallback` is shown when there are no words for it. */
export function useCodeText() {
  const { messages } = useContext(TextContext);
  return (key: string, fallback: string, params?: Record<string, string | number>) =>
    translateCode(messages, key, params) ?? fallback;
}
