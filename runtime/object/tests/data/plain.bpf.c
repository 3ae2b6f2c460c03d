// flags: -O2 -target bpf -mcpu=v4
// A function without a section, of the newest instruction set.
int swap(void *mem, unsigned long len)
{
    signed char *bytes = mem;

    if (len < 8)
        return -1;
    return bytes[3] / 7 + __builtin_bswap32(*(unsigned int *)(bytes + 4));
}
