// SPDX-License-Identifier: GPL-2.0
/* In place of libFuzzer: the inputs are the files that are named. */
#include "fuzz.h"

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		static __u8 bytes[1 << 20];
		FILE *file = fopen(argv[i], "rb");
		size_t size;

		CHECK(file, "%s", argv[i]);
		size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		LLVMFuzzerTestOneInput(bytes, size);
	}
	return 0;
}
