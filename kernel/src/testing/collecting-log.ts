import { createLog, type Log, type LogLevel } from '../base/log.ts'

export type LogLine = { readonly level: number; readonly msg: string; readonly [field: string]: unknown }

/** The real log, with its redaction, into a list. */
export const collectingLog = (level: LogLevel = 'debug'): Log & { readonly lines: LogLine[]; text(): string } => {
  const texts: string[] = []
  const lines: LogLine[] = []
  const write = (line: string) => {
    texts.push(line)
    lines.push(JSON.parse(line) as LogLine)
  }
  return { ...createLog({ level, sink: { write } }), lines, text: () => texts.join('') }
}
