"""zc.buildout 2.13 of Debian 12 does not start with its Python 3.11 without these two names."""
import collections
import collections.abc

collections.Mapping = collections.abc.Mapping
collections.MutableMapping = collections.abc.MutableMapping
