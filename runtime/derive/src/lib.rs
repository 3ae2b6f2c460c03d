//! `#[derive(Ctx)]`: one struct is a hook's name, context layout, rights, verdicts and helper list.
//!
//! The macro only collects names and types; all arithmetic on layouts is in `stingless::hook`.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Expr, Field, Fields, Ident, LitInt, LitStr, Token, Type, bracketed};

/// See `stingless::Ctx`.
#[proc_macro_derive(Ctx, attributes(ctx))]
pub fn derive_ctx(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// `#[ctx(..)]` on the struct.
#[derive(Default)]
struct HookAttrs {
    hook: Option<LitStr>,
    sections: Vec<LitStr>,
    c_name: Option<LitStr>,
    verdict: Option<Type>,
    verdict_prefix: Option<LitStr>,
    helpers: Vec<Expr>,
    linux_type: Option<LitInt>,
    packet_loads: bool,
    types: Option<Expr>,
}

impl Parse for HookAttrs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = HookAttrs::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if key == "packet_loads" {
                attrs.packet_loads = true;
            } else {
                input.parse::<Token![=]>()?;
                attrs.set(&key, input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(attrs)
    }
}

impl HookAttrs {
    fn set(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match key.to_string().as_str() {
            "hook" => self.hook = Some(input.parse()?),
            "sections" => self.sections = list(input)?,
            "c_name" => self.c_name = Some(input.parse()?),
            "verdict" => self.verdict = Some(input.parse()?),
            "verdict_prefix" => self.verdict_prefix = Some(input.parse()?),
            "helpers" => self.helpers = list(input)?,
            "linux_type" => self.linux_type = Some(input.parse()?),
            "types" => self.types = Some(input.parse()?),
            _ => {
                return Err(syn::Error::new(
                    key.span(),
                    "unknown key: hook, sections, c_name, verdict, verdict_prefix, helpers, linux_type, types or packet_loads",
                ));
            }
        }
        Ok(())
    }
}

fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

/// `#[ctx(..)]` on a field.
#[derive(Default)]
struct FieldAttrs {
    read: bool,
    write: bool,
    data: bool,
    narrow: bool,
    hidden: bool,
    object: bool,
    at: Option<LitInt>,
    end_at: Option<LitInt>,
    meta_at: Option<LitInt>,
    width: Option<LitInt>,
}

impl Parse for FieldAttrs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = FieldAttrs::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let number = |input: ParseStream<'_>| -> syn::Result<Option<LitInt>> {
                input.parse::<Token![=]>()?;
                Ok(Some(input.parse()?))
            };
            match key.to_string().as_str() {
                "read" => attrs.read = true,
                "write" => attrs.write = true,
                "data" => attrs.data = true,
                "narrow" => attrs.narrow = true,
                "hidden" => attrs.hidden = true,
                "object" => attrs.object = true,
                "at" => attrs.at = number(input)?,
                "end_at" => attrs.end_at = number(input)?,
                "meta_at" => attrs.meta_at = number(input)?,
                "width" => attrs.width = number(input)?,
                _ => {
                    return Err(syn::Error::new(
                        key.span(),
                        "unknown key: read, write, data, narrow, hidden, object, at, end_at, meta_at or width",
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if attrs.data && (attrs.read || attrs.write) {
            return Err(input.error("`data` takes its rights from the field's type: Bytes, BytesMut or Packet"));
        }
        Ok(attrs)
    }
}

fn attrs_of<T: Parse + Default>(attrs: &[syn::Attribute]) -> syn::Result<T> {
    match attrs.iter().find(|a| a.path().is_ident("ctx")) {
        Some(a) => a.parse_args(),
        None => Ok(T::default()),
    }
}

fn option(lit: Option<&LitInt>) -> Tokens {
    match lit {
        Some(n) => quote!(::core::option::Option::Some(#n)),
        None => quote!(::core::option::Option::None),
    }
}

/// The builder's call for a field, and its name if it is a scalar.
fn field_call(field: &Field) -> syn::Result<Option<(Tokens, Option<Ident>)>> {
    let attrs: FieldAttrs = attrs_of(&field.attrs)?;
    let ident = field.ident.as_ref().ok_or_else(|| syn::Error::new_spanned(field, "contexts have named fields"))?;
    let (ty, name) = (&field.ty, ident.to_string());
    let at = option(attrs.at.as_ref());
    let native = quote!(::core::mem::offset_of!(Self, #ident) as u32);
    if attrs.data {
        let (end_at, meta_at) = (option(attrs.end_at.as_ref()), option(attrs.meta_at.as_ref()));
        let width = attrs.width.map_or(quote!(8), |w| quote!(#w));
        let hidden = attrs.hidden;
        let call = quote! { .data::<#ty>(#name, #native, #width, [#at, #end_at, #meta_at], #hidden) };
        return Ok(Some((call, None)));
    }
    if attrs.object {
        return Ok(Some((quote! { .object::<#ty>(#name, #native, #at) }, None)));
    }
    if !attrs.read && !attrs.write {
        return Ok(None);
    }
    let (read, write, narrow) = (attrs.read, attrs.write, attrs.narrow);
    let call = quote! {
        .scalar::<#ty>(#name, #native, #at, ::stingless::abi::Rights { read: #read, write: #write }, #narrow)
    };
    Ok(Some((call, Some(ident.clone()))))
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn expand(input: &DeriveInput) -> syn::Result<Tokens> {
    let attrs: HookAttrs = attrs_of(&input.attrs)?;
    let name = &input.ident;
    let hook = attrs.hook.ok_or_else(|| syn::Error::new_spanned(name, "say which hook: #[ctx(hook = \"...\")]"))?;
    let verdict = attrs.verdict.ok_or_else(|| syn::Error::new_spanned(name, "say what it returns: verdict = Type"))?;
    if !input.attrs.iter().any(|a| a.path().is_ident("repr") && quote!(#a).to_string().contains('C')) {
        return Err(syn::Error::new_spanned(name, "field order is ABI: write #[repr(C)]"));
    }
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new_spanned(name, "a context is a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new_spanned(name, "contexts have named fields"));
    };
    let (calls, scalars): (Vec<Tokens>, Vec<Option<Ident>>) =
        fields.named.iter().map(field_call).collect::<syn::Result<Vec<_>>>()?.into_iter().flatten().unzip();
    let scalars: Vec<Ident> = scalars.into_iter().flatten().collect();
    let names: Vec<String> = scalars.iter().map(Ident::to_string).collect();
    let c_name = attrs.c_name.map_or_else(|| format!("stingless_{}", snake(&name.to_string())), |l| l.value());
    let prefix = attrs.verdict_prefix.map_or_else(|| "STINGLESS_".to_owned(), |l| l.value());
    let sections = if attrs.sections.is_empty() { vec![hook.clone()] } else { attrs.sections };
    let linux_type = attrs.linux_type.map_or(quote!(0), |n| quote!(#n));
    let (helpers, packet_loads, types) = (attrs.helpers, attrs.packet_loads, attrs.types.into_iter());
    let of = of_type(input)?;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    Ok(quote! {
        const _: () = {
            // SAFETY: the struct is repr(C), and the layout below is made of its own offsets and field types, each of
            // which `HookBuilder` accepts only if every bit pattern is a value of it.
            unsafe impl #impl_generics ::stingless::Ctx for #name #type_generics {
                type Of<'stingless> = #of;
                type Verdict = #verdict;

                fn def() -> ::stingless::hook::HookParts {
                    ::stingless::hook::HookBuilder::new(#hook, &[#(#sections),*], #c_name)
                        .verdict::<#verdict>(#prefix)
                        .linux_type(#linux_type)
                        .packet_loads(#packet_loads)
                        #(.types(#types))*
                        #(#calls)*
                        #(.helpers(&#helpers))*
                        .finish()
                }

                fn regs(ctx: &mut Self::Of<'_>) -> [u64; 5] {
                    [::core::ptr::from_mut(ctx).expose_provenance() as u64, 0, 0, 0, 0]
                }

                fn set(ctx: &mut Self::Of<'_>, field: &str, value: u64) -> bool {
                    match field {
                        #(#names => ::stingless::hook::CtxScalar::assign(&mut ctx.#scalars, value),)*
                        _ => return false,
                    }
                    let _ = (ctx, value);
                    true
                }

                fn values(ctx: &Self::Of<'_>) -> ::std::vec::Vec<(&'static str, u64)> {
                    let _ = ctx;
                    ::std::vec![#((#names, ::stingless::hook::CtxScalar::value(&ctx.#scalars))),*]
                }
            }
        };
    })
}

/// The type with the lifetime `'stingless`.
fn of_type(input: &DeriveInput) -> syn::Result<Tokens> {
    let name = &input.ident;
    let generics = &input.generics;
    match (generics.lifetimes().count(), generics.params.len()) {
        (0, 0) => Ok(quote!(#name)),
        (1, 1) => Ok(quote!(#name<'stingless>)),
        _ => Err(syn::Error::new_spanned(generics, "a context has at most one lifetime and no other parameter")),
    }
}
