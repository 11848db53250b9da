import sys

from tensorbay.client._generate import main

sys.exit(main())
