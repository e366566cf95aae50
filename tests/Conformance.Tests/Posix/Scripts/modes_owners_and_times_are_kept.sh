umask 022
echo x >f; mkdir d
is "$(stat -c %a f d | tr '\n' ' ')" "644 755 "
(umask 077; echo x >g; mkdir e); is "$(stat -c %a g e | tr '\n' ' ')" "600 700 "
chmod 640 f; chmod 2750 d; chmod u+x,o= f
is "$(stat -c %a f d | tr '\n' ' ')" "740 2750 "
[ "$(id -u)" != 0 ] || { chown 12:34 f; is "$(stat -c %u:%g f)" 12:34; }
touch -d '2001-02-03 04:05:06.789012345 UTC' f d
is "$(stat -c %.9Y f)$(stat -c %.9Y d)" 981173106.789012345981173106.789012345
touch -a -d '2002-02-03 UTC' f; is "$(stat -c %X/%.9Y f)" 1012694400/981173106.789012345
touch -r f h; is "$(stat -c %.9Y h)" 981173106.789012345
before=$(date +%s); echo more >>f; [ "$(stat -c %Y f)" -ge "$before" ]
printf '#!/bin/sh\necho ran\n' >run; chmod +x run; is "$(./run)" ran
