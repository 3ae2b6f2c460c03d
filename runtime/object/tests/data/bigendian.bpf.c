// flags: -O2 -target bpfeb
int prog(void *ctx)
{
    return 0;
}
