import { buildGoComponent } from './build-go.ts';
import { goComponents } from './recipes.ts';

const wanted = process.argv.slice(2);
for (const component of goComponents) {
  if (wanted.length > 0 && !wanted.includes(component.name)) continue;
  try {
    await buildGoComponent(component, (line) => console.log(line));
  } catch (error) {
    console.error(`${component.name} failed: ${error instanceof Error ? error.message.slice(-3000) : error}`);
    process.exitCode = 1;
  }
}
