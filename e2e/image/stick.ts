/** A USB stick with files on it, as an argument for qemu. */
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { run } from '../../images/shell.ts'

const MIB = 1024 * 1024

/** `label` is its name, as whoever formats it gives it. */
export function makeStick(image: string, files: readonly string[], label = 'STICK'): readonly string[] {
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  rmSync(image, { force: true })
  writeFileSync(image, '')
  truncateSync(image, Math.ceil(bytes / MIB) * MIB + 64 * MIB)
  run('mkfs.vfat', ['-F', '32', '-n', label, image])
  for (const file of files)
    run('mcopy', ['-i', image, file, `::/${basename(file)}`], { env: { MTOOLS_SKIP_CHECK: '1' } })
  return [
    '-device',
    'qemu-xhci',
    '-drive',
    `if=none,id=stick,format=raw,readonly=on,file=${image}`,
    '-device',
    'usb-storage,drive=stick',
  ]
}
