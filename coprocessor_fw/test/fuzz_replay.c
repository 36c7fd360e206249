/* Replays files through the fuzz target, with any compiler. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t bytes[1u << 16];

    for (int i = 1; i < argc; i++) {
        FILE *const file = fopen(argv[i], "rb");
        if (file == NULL) {
            (void)fprintf(stderr, "cannot open %s\n", argv[i]);
            return 1;
        }
        const size_t len = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(bytes, len);
    }
    (void)printf("%d files replayed\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
